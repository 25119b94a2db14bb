(call_expression function: (identifier) @call)
(call_expression function: (scoped_identifier name: (identifier) @call))
(call_expression function: (field_expression field: (field_identifier) @call))
(call_expression function: (generic_function function: (identifier) @call))
(call_expression function: (generic_function function: (scoped_identifier name: (identifier) @call)))
(call_expression function: (generic_function function: (field_expression field: (field_identifier) @call)))
(macro_invocation macro: (identifier) @call)
(macro_invocation macro: (scoped_identifier name: (identifier) @call))
(struct_expression name: (type_identifier) @call)
(struct_expression name: (scoped_type_identifier name: (type_identifier) @call))
(struct_expression name: (generic_type_with_turbofish type: (type_identifier) @call))
; Inside macros there are only tokens. A name before parentheses is most likely called.
(token_tree (identifier) @call . (token_tree . "("))

(impl_item trait: (type_identifier) @extends)
(impl_item trait: (generic_type type: (type_identifier) @extends))
(impl_item trait: (scoped_type_identifier name: (type_identifier) @extends))
(impl_item trait: (generic_type type: (scoped_type_identifier name: (type_identifier) @extends)))
(trait_item bounds: (trait_bounds (type_identifier) @extends))
(type_identifier) @type

(parameter pattern: (identifier) @local)
(parameter pattern: (mut_pattern (identifier) @local))
(closure_parameters (identifier) @local)
(let_declaration pattern: (identifier) @local)
(let_declaration pattern: (mut_pattern (identifier) @local))
(let_declaration pattern: (tuple_pattern (identifier) @local))
(let_condition pattern: (tuple_struct_pattern (identifier) @local .))
(for_expression pattern: (identifier) @local)
(for_expression pattern: (tuple_pattern (identifier) @local))

(identifier) @mention
(field_identifier) @mention
(shorthand_field_identifier) @mention
(self) @mention
(super) @mention
(crate) @mention
