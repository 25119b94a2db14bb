(function_declaration name: (identifier) @name (parameters) @parameters) @definition.function
(variable_declaration (identifier) @name (struct_declaration) @body) @definition.struct
(variable_declaration (identifier) @name (union_declaration) @body) @definition.struct
(variable_declaration (identifier) @name (enum_declaration) @body) @definition.enum
(variable_declaration (identifier) @name (error_set_declaration) @body) @definition.enum
(source_file (variable_declaration "const" . (identifier) @name) @definition.constant)
(source_file (variable_declaration "var" . (identifier) @name) @definition.variable)
(struct_declaration (container_field name: (identifier) @name) @definition.field)
(enum_declaration (container_field . (identifier) @name) @definition.variant)
(test_declaration (string (string_content) @name) (block) @body) @definition.test
(test_declaration (identifier) @name (block) @body) @definition.test
(comment) @comment

(call_expression function: (identifier) @call)
(call_expression function: (field_expression member: (identifier) @call))
(parameter type: (identifier) @type)
(variable_declaration type: (identifier) @type)
(parameter name: (identifier) @local)
(block (variable_declaration . (identifier) @local))
(payload (identifier) @local)
(identifier) @mention

(variable_declaration
  (identifier) @import.module_alias
  (builtin_function (builtin_identifier) @_import (arguments (string (string_content) @import.path)))
  (#eq? @_import "@import")) @import
