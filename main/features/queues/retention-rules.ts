export { backupsToDelete, parseRules, type RetentionRule } from '#shared/domain/retention.ts'
