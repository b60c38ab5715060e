/** A formatter and whether it would be used in this directory (contract: types, FormatterStatus). Extensions begin with a dot. */
export interface FormatterStatus {
  name: string
  extensions: string[]
  enabled: boolean
}

/** What became of a file: who formatted it, and why it did not work if it did not. */
export interface Formatted {
  name: string
  problem?: string
}

/** Formatters of one directory: those that are installed and that the project is set up for, or that the user has configured. */
export interface FormatterService {
  /** All that are known; nothing is run. */
  status(): Promise<FormatterStatus[]>
}
