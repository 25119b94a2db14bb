(class_specifier name: (type_identifier) @name body: (_)) @definition.class
(class_specifier name: (template_type name: (type_identifier) @name) body: (_)) @definition.class
(struct_specifier name: (template_type name: (type_identifier) @name) body: (_)) @definition.struct
(namespace_definition name: (_) @name) @definition.module
(alias_declaration name: (type_identifier) @name) @definition.type
(concept_definition name: (identifier) @name) @definition.trait

; Methods in the class, declared or defined.
(function_definition declarator: (function_declarator declarator: (field_identifier) @name parameters: (_) @parameters)) @definition.method
(function_definition declarator: (reference_declarator (function_declarator declarator: (field_identifier) @name parameters: (_) @parameters))) @definition.method
(function_definition declarator: (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name parameters: (_) @parameters))) @definition.method
(field_declaration declarator: (function_declarator declarator: (field_identifier) @name parameters: (_) @parameters)) @definition.method
(field_declaration declarator: (reference_declarator (function_declarator declarator: (field_identifier) @name parameters: (_) @parameters))) @definition.method
(field_declaration declarator: (pointer_declarator declarator: (function_declarator declarator: (field_identifier) @name parameters: (_) @parameters))) @definition.method
(field_declaration_list (declaration declarator: (function_declarator declarator: (identifier) @name parameters: (_) @parameters)) @definition.constructor)
(field_declaration_list (function_definition declarator: (function_declarator declarator: (identifier) @name parameters: (_) @parameters)) @definition.constructor)
(function_declarator declarator: (destructor_name) @name parameters: (_) @parameters) @definition.method
(function_definition declarator: (function_declarator declarator: (operator_name) @name parameters: (_) @parameters)) @definition.method
(field_declaration declarator: (function_declarator declarator: (operator_name) @name parameters: (_) @parameters)) @definition.method

; Methods outside the class: `void Type::name() {…}`.
(function_definition declarator: (function_declarator
  declarator: (qualified_identifier scope: (_) @owner name: (identifier) @name) parameters: (_) @parameters)) @definition.method
(function_definition declarator: (reference_declarator (function_declarator
  declarator: (qualified_identifier scope: (_) @owner name: (identifier) @name) parameters: (_) @parameters))) @definition.method
(function_definition declarator: (pointer_declarator declarator: (function_declarator
  declarator: (qualified_identifier scope: (_) @owner name: (identifier) @name) parameters: (_) @parameters))) @definition.method
(function_definition declarator: (function_declarator
  declarator: (qualified_identifier scope: (_) @owner name: (operator_name) @name) parameters: (_) @parameters)) @definition.method
(function_definition declarator: (function_declarator
  declarator: (qualified_identifier name: (qualified_identifier scope: (_) @owner name: (identifier) @name)) parameters: (_) @parameters)) @definition.method
(function_definition declarator: (reference_declarator (function_declarator declarator: (identifier) @name parameters: (_) @parameters))) @definition.function
(declaration_list (declaration declarator: (function_declarator declarator: (identifier) @name parameters: (_) @parameters)) @definition.function)

(template_declaration) @wrapper
