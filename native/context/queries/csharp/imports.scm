(using_directive !name (identifier) @import.path) @import
(using_directive !name (qualified_name) @import.path) @import
(using_directive name: (identifier) @import.module_alias (qualified_name) @import.path) @import
