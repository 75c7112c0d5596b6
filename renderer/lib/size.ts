export { toSizeText } from '#shared/size.ts'
