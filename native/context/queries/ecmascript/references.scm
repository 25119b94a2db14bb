(call_expression function: (identifier) @call)
(call_expression function: (member_expression property: (property_identifier) @call))
(call_expression function: (member_expression property: (private_property_identifier) @call))
(new_expression constructor: (identifier) @call)
(new_expression constructor: (member_expression property: (property_identifier) @call))

(variable_declarator name: (identifier) @local)
(variable_declarator name: (object_pattern (shorthand_property_identifier_pattern) @local))
(variable_declarator name: (array_pattern (identifier) @local))
(object_pattern (pair_pattern value: (identifier) @local))
(arrow_function parameter: (identifier) @local)
(catch_clause parameter: (identifier) @local)
(for_in_statement left: (identifier) @local)

(export_statement !source (export_clause (export_specifier name: (identifier) @exported)))
(export_statement value: (identifier) @exported)
(assignment_expression
  left: (member_expression) @_exports
  right: (object (shorthand_property_identifier) @exported)
  (#eq? @_exports "module.exports"))
(assignment_expression
  left: (member_expression) @_exports
  right: (identifier) @exported
  (#eq? @_exports "module.exports"))

(identifier) @mention
(property_identifier) @mention
(private_property_identifier) @mention
(shorthand_property_identifier) @mention
(shorthand_property_identifier_pattern) @mention
(this) @mention
(super) @mention
