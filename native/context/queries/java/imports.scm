(import_declaration (scoped_identifier) @import.path .) @import
(import_declaration (scoped_identifier) @import.path (asterisk) @import.all) @import
