(class_declaration name: (type_identifier) @name) @definition.class
(abstract_class_declaration name: (type_identifier) @name) @definition.class
(interface_declaration name: (type_identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(enum_body name: (property_identifier) @name @definition.variant)
(enum_body (enum_assignment name: (_) @name) @definition.variant)
(type_alias_declaration name: (type_identifier) @name) @definition.type
(internal_module name: (_) @name) @definition.module
(module name: (_) @name) @definition.module

; Overloads and declarations without a body.
(function_signature name: (identifier) @name) @definition.function
(method_signature name: (_) @name) @definition.method
(abstract_method_signature name: (_) @name) @definition.method
(property_signature name: (_) @name) @definition.field

(class_body
  (public_field_definition
    name: (_) @name
    value: (arrow_function parameters: (_) @parameters body: (_) @body)) @definition.method)
(class_body (public_field_definition name: (_) @name) @definition.field)
; `constructor(private readonly store: Store)` defines a field.
(required_parameter (accessibility_modifier) pattern: (identifier) @name) @definition.field

(ambient_declaration) @wrapper
