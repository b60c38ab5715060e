import { extname } from "node:path"

const TYPES: Record<string, string> = {
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gif": "image/gif",
  ".webp": "image/webp",
  ".bmp": "image/bmp",
  ".ico": "image/x-icon",
  ".avif": "image/avif",
  ".pdf": "application/pdf",
  ".zip": "application/zip",
  ".gz": "application/gzip",
  ".jar": "application/java-archive",
  ".wasm": "application/wasm",
  ".mp3": "audio/mpeg",
  ".wav": "audio/wav",
  ".mp4": "video/mp4",
  ".woff": "font/woff",
  ".woff2": "font/woff2",
}

/** MIME type of a binary file by its name. */
export function mimeOf(path: string): string {
  return TYPES[extname(path).toLowerCase()] ?? "application/octet-stream"
}

/** Images and documents that models can look at. */
export function isViewable(mime: string): boolean {
  return ["image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf"].includes(mime)
}

/** Whether the beginning of a file is not text: a zero byte, or many control characters. */
export function isBinary(head: Uint8Array): boolean {
  const sample = head.subarray(0, 8192)
  let odd = 0
  for (const byte of sample) {
    if (byte === 0) return true
    if (byte < 9 || (byte > 13 && byte < 27) || (byte > 27 && byte < 32)) odd += 1
  }
  return sample.length > 0 && odd / sample.length > 0.3
}
