(package_header (qualified_identifier) @name) @definition.module
(class_declaration "interface" name: (identifier) @name (class_body)? @body) @definition.interface
(class_declaration (modifiers (class_modifier "enum")) name: (identifier) @name (enum_class_body)? @body) @definition.enum
(class_declaration name: (identifier) @name (class_body)? @body) @definition.class
(object_declaration name: (identifier) @name (class_body)? @body) @definition.class
(companion_object name: (identifier) @name) @definition.class
(enum_entry . (identifier) @name) @definition.variant
(type_alias type: (identifier) @name) @definition.type
(function_declaration name: (identifier) @name (function_value_parameters) @parameters (function_body)? @body) @definition.function
(class_parameter ["val" "var"] (identifier) @name) @definition.field
(class_body (property_declaration (variable_declaration (identifier) @name)) @definition.field)
(source_file (property_declaration (variable_declaration (identifier) @name)) @definition.variable)
(annotation) @decorator
(line_comment) @comment
(block_comment) @comment
