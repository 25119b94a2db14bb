(function_declaration name: (identifier) @name) @definition.function
(function_declaration name: (dot_index_expression table: (_) @owner field: (identifier) @name)) @definition.function
(function_declaration name: (method_index_expression table: (_) @owner method: (identifier) @name)) @definition.method
(assignment_statement
  (variable_list . name: (identifier) @name)
  (expression_list . value: (function_definition parameters: (_) @parameters body: (_)? @body))) @definition.function
(assignment_statement
  (variable_list . name: (dot_index_expression table: (_) @owner field: (identifier) @name))
  (expression_list . value: (function_definition parameters: (_) @parameters body: (_)? @body))) @definition.function
(field name: (identifier) @name value: (function_definition parameters: (_) @parameters body: (_)? @body)) @definition.function
(chunk (variable_declaration (assignment_statement (variable_list name: (identifier) @name))) @definition.variable)
(chunk (assignment_statement (variable_list name: (identifier) @name)) @definition.variable)
(variable_declaration) @wrapper
(comment) @comment

(function_call name: (identifier) @call)
(function_call name: (dot_index_expression field: (identifier) @call))
(function_call name: (method_index_expression method: (identifier) @call))
(parameters name: (identifier) @local)
(variable_declaration (variable_list name: (identifier) @local))
(variable_declaration (assignment_statement (variable_list name: (identifier) @local)))
(for_numeric_clause name: (identifier) @local)
(for_generic_clause (variable_list name: (identifier) @local))
(identifier) @mention

(variable_declaration (assignment_statement
  (variable_list . name: (identifier) @import.module_alias)
  (expression_list . value: (function_call
    name: (identifier) @_require
    arguments: (arguments (string content: (string_content) @import.path)))))
  (#eq? @_require "require")) @import
(function_call
  name: (identifier) @_require
  arguments: (arguments (string content: (string_content) @import.path))
  (#eq? @_require "require")) @import
