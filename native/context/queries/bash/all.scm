(function_definition name: (word) @name) @definition.function
(program (variable_assignment name: (variable_name) @name) @definition.variable)
(program (declaration_command (variable_assignment name: (variable_name) @name) @definition.variable))
(comment) @comment

(command name: (command_name (word) @call))
(compound_statement (declaration_command "local" (variable_assignment name: (variable_name) @local)))
(compound_statement (declaration_command "local" (variable_name) @local))
(for_statement variable: (variable_name) @local)
(variable_name) @mention

(command
  name: (command_name (word) @_source)
  argument: [(word) @import.path (string) @import.path]
  (#any-of? @_source "source" ".")) @import
