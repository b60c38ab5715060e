/**
 * Numbered migrations of kilo.db, applied in order inside one transaction each and never edited once released.
 * Column names follow the field's existing databases (contract: behaviour section 7).
 */
export const MIGRATIONS: { id: number; name: string; sql: string }[] = [
  {
    id: 1,
    name: "initial",
    sql: `
      create table project (
        id text primary key,
        worktree text not null,
        vcs text,
        name text,
        icon text,
        commands text,
        sandboxes text not null default '[]',
        time_created integer not null,
        time_updated integer not null,
        time_initialized integer
      ) strict;

      create table session (
        id text primary key,
        project_id text not null references project(id) on delete cascade,
        parent_id text references session(id) on delete cascade,
        directory text not null,
        title text not null,
        time_created integer not null,
        time_updated integer not null,
        time_archived integer,
        data text not null
      ) strict;
      create index session_directory on session(directory, time_updated desc);
      create index session_project on session(project_id, time_updated desc);
      create index session_parent on session(parent_id);

      create table message (
        id text primary key,
        session_id text not null references session(id) on delete cascade,
        time_created integer not null,
        data text not null
      ) strict;
      create index message_session on message(session_id, time_created, id);

      create table part (
        id text primary key,
        message_id text not null references message(id) on delete cascade,
        session_id text not null,
        data text not null
      ) strict;
      create index part_message on part(message_id, id);
      create index part_session on part(session_id);

      create table todo (
        session_id text not null references session(id) on delete cascade,
        position integer not null,
        content text not null,
        status text not null,
        priority text not null,
        primary key (session_id, position)
      ) strict;

      -- Approvals that the user saved with "always", for one project.
      create table permission (
        project_id text not null references project(id) on delete cascade,
        permission text not null,
        pattern text not null,
        action text not null,
        time_created integer not null,
        primary key (project_id, permission, pattern)
      ) strict;

      -- Turns that are running now and by which process, so that a later start closes those whose process is gone.
      create table run (
        session_id text primary key references session(id) on delete cascade,
        pid integer not null,
        boot text not null,
        time_started integer not null
      ) strict;
    `,
  },
  {
    id: 2,
    name: "checkpoints, shares and imports",
    sql: `
      create index part_patch on part(session_id) where json_extract(data, '$.type') = 'patch';

      -- Where a session's list of changes begins and ends, once the user has kept or undone some of them. "last" counts
      -- while "after" is the newest finished step.
      create table session_checkpoint (
        session_id text primary key references session(id) on delete cascade,
        base text not null,
        last text not null,
        after text not null
      ) strict;

      create table session_share (
        session_id text primary key references session(id) on delete cascade,
        id text not null,
        url text not null,
        secret text not null,
        time_created integer not null
      ) strict;

      -- Which project a directory's repository was found to be, and at which commit.
      create table worktree (
        directory text primary key,
        project_id text not null,
        head text not null
      ) strict;

      -- Facts about the database itself, such as how far an import has come.
      create table meta (
        key text primary key,
        value text not null
      ) strict;
    `,
  },
  {
    id: 3,
    name: "sessions of other servers",
    sql: `
      -- Which workspace a session was made in, when that is another server: the session itself is there.
      create table session_workspace (
        session_id text primary key,
        workspace_id text not null
      ) strict;
    `,
  },
  {
    id: 4,
    name: "kept and undone changes",
    sql: `
      -- What the user kept or undid of a session's changes, newest last: the trees between which they were before and after.
      create table session_settled (
        id integer primary key,
        session_id text not null references session(id) on delete cascade,
        kind text not null,
        files text not null,
        base text not null,
        last text not null,
        new_base text not null,
        new_last text not null,
        time integer not null
      ) strict;
      create index session_settled_session on session_settled(session_id, id);
    `,
  },
  {
    id: 5,
    name: "prompts that wait for their turn",
    sql: `
      create table session_outbox (
        id text primary key,
        session_id text not null references session(id) on delete cascade,
        position integer not null,
        data text not null
      ) strict;
      create index outbox_session on session_outbox(session_id, position);
    `,
  },
  {
    id: 6,
    name: "checkpoints of steps",
    sql: `
      -- A session's first and last checkpoint are looked for whenever its changes are shown.
      create index part_snapshot on part(session_id, id) where json_extract(data, '$.snapshot') is not null;
    `,
  },
]
