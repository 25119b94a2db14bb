(call_expression . (identifier) @call)
(call_expression . (navigation_expression (identifier) @call .))
(delegation_specifier (constructor_invocation (user_type (identifier) @extends)))
(delegation_specifier (user_type (identifier) @extends))
(annotation (user_type (identifier) @call))
(user_type (identifier) @type)
(parameter (identifier) @local)
(class_parameter (identifier) @local)
(lambda_parameters (variable_declaration (identifier) @local))
(property_declaration (variable_declaration (identifier) @local))
(for_statement (variable_declaration (identifier) @local))
(identifier) @mention
(this_expression) @mention
(super_expression) @mention
