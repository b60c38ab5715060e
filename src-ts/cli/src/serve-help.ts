/** Kept apart from the server, which the command list must not load. */
export const SERVE_HELP = `Usage: kilo serve [options]

Runs the agent server until it is told to stop.

  --port <number>    port to listen on; 0 takes 4096 when it is free, else any (default 0)
  --hostname <name>  address to listen on (default 127.0.0.1)
  --cors <origin>    web origin that may use the server; may be given several times
  --insecure         allow an address that other machines reach without a password
  --print-logs       also write the log to stderr

Set KILO_SERVER_PASSWORD to protect it (user name kilo, or KILO_SERVER_USERNAME).
`
