(call_expression function: (identifier) @call)
(call_expression function: (selector_expression field: (field_identifier) @call))
(call_expression function: (index_expression operand: (identifier) @call))
(call_expression function: (index_expression operand: (selector_expression field: (field_identifier) @call)))
(call_expression function: (type_instantiation_expression type: (type_identifier) @call))
(composite_literal type: (type_identifier) @call)
(composite_literal type: (qualified_type name: (type_identifier) @call))
(composite_literal type: (generic_type type: (type_identifier) @call))

; A struct or interface inherits the methods of an embedded type.
(field_declaration !name type: (type_identifier) @extends)
(field_declaration !name type: (qualified_type name: (type_identifier) @extends))
(interface_type (type_elem (type_identifier) @extends))
(interface_type (type_elem (qualified_type name: (type_identifier) @extends)))
(type_identifier) @type

(parameter_declaration name: (identifier) @local)
(variadic_parameter_declaration name: (identifier) @local)
(short_var_declaration left: (expression_list (identifier) @local))
(range_clause left: (expression_list (identifier) @local))
(var_spec name: (identifier) @local)
(const_spec name: (identifier) @local)

(identifier) @mention
(field_identifier) @mention
(package_identifier) @mention
