(header module: (module) @name) @definition.module
(declarations (function name: (variable) @name patterns: (_) @parameters) @definition.function)
(declarations (bind name: (variable) @name) @definition.function)
(data_type name: (name) @name) @definition.type
(newtype name: (name) @name) @definition.type
(type_synonym name: (name) @name) @definition.type
(class name: (name) @name declarations: (_)? @body) @definition.trait
(class_declarations (signature name: (variable) @name) @definition.method)
(instance name: (name) patterns: (type_patterns . (name) @name) declarations: (_)? @body) @definition.implementation
(instance_declarations (function name: (variable) @name) @definition.method)
(instance_declarations (bind name: (variable) @name) @definition.method)
(data_constructor constructor: (prefix name: (constructor) @name)) @definition.variant
(data_constructor constructor: (record name: (constructor) @name)) @definition.variant
(field name: (field_name (variable) @name)) @definition.field
(signature) @comment
(comment) @comment
(haddock) @comment

(apply function: (variable) @call)
(apply function: (constructor) @call)
(apply function: (apply function: (variable) @call))
(apply function: (apply function: (apply function: (variable) @call)))
(apply function: (qualified id: (variable) @call))
(apply function: (apply function: (qualified id: (variable) @call)))
(infix operator: (infix_id (variable) @call))
(instance name: (name) @extends)
(name) @type
(patterns (variable) @local)
(variable) @mention
(constructor) @mention

(import module: (module) @import.path) @import
(import module: (module) @import.path alias: (module) @import.module_alias) @import
(import module: (module) @import.path names: (import_list name: (import_name variable: (variable) @import.name))) @import
; The module before a name: `Map.insert`.
(qualified module: (module (module_id) @mention))
