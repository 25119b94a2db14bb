(namespace_use_declaration) @import.path @import
(require_once_expression (string (string_content) @import.path)) @import
(require_expression (string (string_content) @import.path)) @import
(include_expression (string (string_content) @import.path)) @import
(include_once_expression (string (string_content) @import.path)) @import
