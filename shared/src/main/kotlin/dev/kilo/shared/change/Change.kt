package dev.kilo.shared.change

import dev.kilo.shared.session.Session
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable

/** What happened to a file. */
@Serializable
public enum class ChangeKind {
    @SerialName("added")
    ADDED,

    @SerialName("deleted")
    DELETED,

    @SerialName("modified")
    MODIFIED,

    @SerialName("renamed")
    RENAMED,
}

/**
 * One changed file of a list, without its text. [file] is relative to the repository; [from] is its earlier name when it
 * was renamed. [additions] and [deletions] count lines; a [binary] file has none.
 */
@Serializable
public data class ChangedFile(
    val file: String,
    val kind: ChangeKind = ChangeKind.MODIFIED,
    val additions: Int = 0,
    val deletions: Int = 0,
    val from: String? = null,
    val binary: Boolean = false,
)

/** Which changes are meant. */
@Serializable
public sealed interface ChangeScope {
    /** All that the session changed and the user has not settled yet. */
    @Serializable
    @SerialName("session")
    public data class OfSession(val sessionId: String) : ChangeScope

    /** What the answers to one prompt changed. */
    @Serializable
    @SerialName("turn")
    public data class OfTurn(val sessionId: String, val messageId: String) : ChangeScope

    /** The working tree against the newest commit, new files included. */
    @Serializable
    @SerialName("uncommitted")
    public data object Uncommitted : ChangeScope

    /** The working tree against the place where the branch left the default branch. */
    @Serializable
    @SerialName("branch")
    public data object Branch : ChangeScope
}

/**
 * The change of one file. [patch] is a unified diff with a few lines around each change, whose heads name the hunks that
 * can be kept or undone; null for what is binary or too large. [before] and [after] are the whole text, where it is text
 * of a size that can be shown.
 */
@Serializable
public data class FileChange(
    val file: ChangedFile,
    val patch: String? = null,
    val before: String? = null,
    val after: String? = null,
)

/**
 * What of a session's changes is to be settled: all of them without [file], else one file or the hunk with the head
 * [hunk]. With [patch], the one that the user saw, it is refused when the changes are others by now.
 */
@Serializable
public data class ChangeChoice(val file: String? = null, val hunk: String? = null, val patch: String? = null)

/** Something that was kept or undone and can be taken back. [time] is in epoch milliseconds. */
@Serializable
public data class Settled(val undone: Boolean, val files: List<String>, val time: Long)

/** What happened, or would happen, to the files when a session is rolled back. */
@Serializable
public enum class Restore {
    /** They get, or got, their earlier state. */
    @SerialName("restored")
    RESTORED,

    /** Untouched: checkpoints are switched off. */
    @SerialName("snapshots-disabled")
    SWITCHED_OFF,

    /** Untouched: the directory is not in a git repository. */
    @SerialName("not-a-git-repo")
    NO_REPOSITORY,

    /** Untouched: the data of the checkpoint is gone. */
    @SerialName("unavailable")
    UNAVAILABLE,
}

/** A session goes on from before [messageId], or from before [partId] of it. [left] are files that stayed, each with the reason. */
@Serializable
public data class Revert(
    val messageId: String,
    val partId: String? = null,
    val restore: Restore? = null,
    val left: Map<String, String> = emptyMap(),
)

/**
 * What rolling back would do: [messages] would be hidden, [prompts] of them the user's. The additions of [files] are lines
 * that would go; [edited] are those of them that somebody else changed after the agent's last step.
 */
@Serializable
public data class RollbackPreview(
    val messages: Int,
    val prompts: Int,
    val files: List<ChangedFile> = emptyList(),
    val edited: List<String> = emptyList(),
    val restore: Restore = Restore.RESTORED,
)

/**
 * What was changed, and taking it back. Everything that settles something answers with the changes that are left, and
 * fails with `BAD_REQUEST` and a sentence for the user, touching nothing, when files are not as the agent left them or
 * a turn runs.
 */
public interface ChangeService {
    public suspend fun list(directory: String, scope: ChangeScope): List<ChangedFile>

    /**
     * One file of a list; of a renamed one both texts, when [from] says what it was called. Fails with `NOT_FOUND` when it is
     * in it no more.
     */
    public suspend fun file(directory: String, scope: ChangeScope, file: String, from: String? = null): FileChange

    /** The changes leave the list, the files stay. */
    public suspend fun keep(directory: String, sessionId: String, choice: ChangeChoice): List<ChangedFile>

    /** The files get their earlier state. Of all files, those that were changed since stay as they are, and in the list. */
    public suspend fun undo(directory: String, sessionId: String, choice: ChangeChoice): List<ChangedFile>

    /** What was kept or undone and can be taken back, newest first. */
    public suspend fun settled(directory: String, sessionId: String): List<Settled>

    /** Takes the newest of them back. */
    public suspend fun takeBack(directory: String, sessionId: String): List<ChangedFile>

    /** What [rollback] would do. */
    public suspend fun preview(directory: String, sessionId: String, messageId: String): RollbackPreview

    /**
     * Goes back to before [messageId]: later messages are hidden until the next prompt removes them, files get their earlier
     * state. Also goes forward, when the session is rolled back to an earlier message.
     */
    public suspend fun rollback(directory: String, sessionId: String, messageId: String): Session

    /** Takes rolling back wholly back. */
    public suspend fun redo(directory: String, sessionId: String): Session
}
