; Class names are identifiers here, but type identifiers in TypeScript.
(class_declaration name: (identifier) @name) @definition.class
(class_body
  (field_definition
    property: (_) @name
    value: (arrow_function parameters: (_) @parameters body: (_) @body)) @definition.method)
(class_body (field_definition property: (_) @name) @definition.field)
(class_heritage (identifier) @extends)
(class_heritage (member_expression property: (property_identifier) @extends))
(formal_parameters (identifier) @local)
(formal_parameters (assignment_pattern left: (identifier) @local))
(formal_parameters (object_pattern (shorthand_property_identifier_pattern) @local))
