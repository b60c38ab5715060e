package dev.kilo.shared.vcs

/** What the agent does for version control. */
public interface VcsService {
    /**
     * A message for the commit of what is staged in [directory], else of every change; [rejected] is a proposal that the
     * user did not take. A model writes it, so it takes as long as a model takes, at most three minutes; a break does
     * not end it but lets the model start anew. Cancelling stops the model. Throws
     * [dev.kilo.shared.app.BackendException]: `BAD_REQUEST` when there is nothing to commit, no repository or no model.
     */
    public suspend fun commitMessage(directory: String, rejected: String? = null): String
}
