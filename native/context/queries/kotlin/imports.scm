(import (qualified_identifier) @import.path .) @import
(import (qualified_identifier) @import.path "*" @import.all) @import
(import (qualified_identifier) @import.path (identifier) @import.alias) @import
