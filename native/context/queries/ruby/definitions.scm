(class name: (constant) @name) @definition.class
(class name: (scope_resolution name: (constant) @name)) @definition.class
(module name: (constant) @name) @definition.module
(module name: (scope_resolution name: (constant) @name)) @definition.module
(method name: (_) @name (#eq? @name "initialize")) @definition.constructor
(method name: (_) @name) @definition.function
(singleton_method name: (_) @name) @definition.function
(assignment left: (constant) @name) @definition.constant
(call method: (identifier) @_attribute arguments: (argument_list (simple_symbol) @name)
  (#any-of? @_attribute "attr_reader" "attr_writer" "attr_accessor")) @definition.field
(call method: (identifier) @_test arguments: (argument_list . (string (string_content) @name)) block: (_) @body
  (#any-of? @_test "describe" "context" "it" "specify" "test" "scenario" "feature")) @definition.test
(comment) @comment
