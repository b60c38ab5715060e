package dev.kilo.shared.rpc

import kotlinx.serialization.KSerializer

/** One thing that a window can ask of a backend: its name on the wire and how its argument and result travel. */
public sealed interface Operation<A, R> {
    public val name: String
    public val args: KSerializer<A>
    public val result: KSerializer<R>
}

/** Changes nothing; after a break it is simply asked again. */
public class Query<A, R>(
    override val name: String,
    override val args: KSerializer<A>,
    override val result: KSerializer<R>,
) : Operation<A, R>

/**
 * Changes something and is carried out at most once, however often it is sent. [repeatable] says that doing it again is
 * harmless by its own nature (its argument carries an id that the CLI stores), so it is sent again even to a backend
 * that has been restarted in between; any other command then fails with `OUTCOME_UNKNOWN`.
 */
public class Command<A, R>(
    override val name: String,
    override val args: KSerializer<A>,
    override val result: KSerializer<R>,
    public val repeatable: Boolean = false,
) : Operation<A, R>

/**
 * Events for as long as someone listens. [position] tells where an event stands; after a break the stream is asked for
 * what comes after the last one. Without it the stream starts afresh.
 */
public class Stream<A, R>(
    override val name: String,
    override val args: KSerializer<A>,
    override val result: KSerializer<R>,
    public val position: ((R) -> Position)? = null,
) : Operation<A, R>
