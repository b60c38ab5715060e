/** The YAML library under a module of its own: imported when a file needs it, and by name, which its bundled form allows only here. */
export { parse, stringify } from "yaml"
