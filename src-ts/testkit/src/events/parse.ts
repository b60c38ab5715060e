/** One frame of a server-sent event stream. */
export interface Frame {
  id?: string
  event?: string
  data: string
}

/** Takes text as it arrives and returns the frames that it completes. Comments and retry lines are skipped. */
export function frameParser(): (chunk: string) => Frame[] {
  let rest = ""
  return (chunk) => {
    const blocks = (rest + chunk).split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ""
    const frames: Frame[] = []
    for (const block of blocks) {
      const frame = parse(block)
      if (frame) frames.push(frame)
    }
    return frames
  }
}

function parse(block: string): Frame | undefined {
  const data: string[] = []
  const frame: Frame = { data: "" }
  for (const line of block.split(/\r?\n/)) {
    const [, field = "", value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
    if (field === "data") data.push(value)
    else if (field === "id") frame.id = value
    else if (field === "event") frame.event = value
  }
  return data.length > 0 ? { ...frame, data: data.join("\n") } : undefined
}
