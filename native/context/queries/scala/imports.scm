(import_declaration) @import.path @import
