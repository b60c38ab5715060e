/** The call can't be done as asked; the message tells the model what to do instead. */
export class ToolError extends Error {
  override readonly name = "ToolError"
}
