package dev.kilo.shared.question

import kotlinx.serialization.Serializable

/** Questions of the agent that a session waits for; they are asked, answered and dismissed together. */
@Serializable
public data class QuestionRequest(
    val id: String,
    val sessionId: String,
    val questions: List<Question>,
    val messageId: String? = null,
    val callId: String? = null,
)

/**
 * One question. An answer is any of the [options] by their labels, one unless [multiple], and with [custom] also words
 * of the user's own. [header] is a short title and may be empty.
 */
@Serializable
public data class Question(
    val text: String,
    val header: String,
    val options: List<QuestionOption>,
    val multiple: Boolean = false,
    val custom: Boolean = true,
)

@Serializable
public data class QuestionOption(val label: String, val description: String)

public interface QuestionService {
    /** Questions that sessions of the directory wait for. */
    public suspend fun pending(directory: String): List<QuestionRequest>

    /** One list for each question, in their order; an empty one leaves its question out. */
    public suspend fun reply(directory: String, requestId: String, answers: List<List<String>>)

    /** Dismisses all questions of the request without an answer: the turn that asked goes no further. */
    public suspend fun reject(directory: String, requestId: String)
}
