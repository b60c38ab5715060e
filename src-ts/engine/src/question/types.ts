/** Wire shapes of questions (contract: types, Question). */
export interface QuestionOption {
  label: string
  description: string
  labelKey?: string
  descriptionKey?: string
  mode?: string
}

export interface QuestionInfo {
  question: string
  header: string
  options: QuestionOption[]
  multiple?: boolean
  default?: string
  questionKey?: string
  headerKey?: string
  custom?: boolean
}

export interface QuestionRequest {
  id: string
  sessionID: string
  questions: QuestionInfo[]
  blocking?: boolean
  tool?: { messageID: string; callID: string }
}
