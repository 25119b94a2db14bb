(import_statement source: (string) @import.path) @import
(import_statement (import_clause (identifier) @import.module_alias) source: (string) @import.path) @import
(import_statement (import_clause (namespace_import (identifier) @import.module_alias)) source: (string) @import.path) @import
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @import.name alias: (_)? @import.alias)))
  source: (string) @import.path) @import

(export_statement source: (string) @import.path) @import @import.reexport
(export_statement "*" @import.all source: (string) @import.path) @import @import.reexport
(export_statement (namespace_export (identifier) @import.module_alias) source: (string) @import.path) @import @import.reexport
(export_statement
  (export_clause (export_specifier name: (_) @import.name alias: (_)? @import.alias))
  source: (string) @import.path) @import @import.reexport

; `const a = require("…")`, `const { a, b: c } = require("…")`, `import("…")`.
(variable_declarator
  name: (identifier) @import.module_alias
  value: (call_expression function: (identifier) @_require arguments: (arguments (string) @import.path))
  (#eq? @_require "require")) @import
(variable_declarator
  name: (object_pattern [
    (shorthand_property_identifier_pattern) @import.name
    (pair_pattern key: (property_identifier) @import.name value: (identifier) @import.alias)
  ])
  value: (call_expression function: (identifier) @_require arguments: (arguments (string) @import.path))
  (#eq? @_require "require")) @import
(call_expression function: (identifier) @_require arguments: (arguments (string) @import.path) (#eq? @_require "require")) @import
(call_expression function: (import) arguments: (arguments (string) @import.path)) @import
