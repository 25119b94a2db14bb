(import_spec !name path: (_) @import.path) @import
(import_spec name: (package_identifier) @import.module_alias path: (_) @import.path) @import
(import_spec name: (dot) @import.all path: (_) @import.path) @import
(import_spec name: (blank_identifier) path: (_) @import.path) @import
