import { toDeskFailure } from '../../main/shell/dispatch/desk.ts'

/** The code with which a call was refused. */
export async function codeOfCall(call: Promise<unknown>): Promise<string> {
  try {
    await call
  } catch (error) {
    const failure = toDeskFailure(error)
    if (failure !== undefined) return failure.code
    throw error
  }
  throw new Error('It was expected to be refused')
}
