; Definitions that JavaScript and TypeScript share.
(function_declaration name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function
(class_body (method_definition name: (_) @name) @definition.constructor (#eq? @name "constructor"))
(class_body (method_definition name: (_) @name) @definition.method)
(object (method_definition name: (property_identifier) @name) @definition.function)

; Functions as values: `const f = () => …`, `exports.f = function …`, `{ f: () => … }`.
(variable_declarator
  name: (identifier) @name
  value: [
    (arrow_function parameters: (_) @parameters body: (_) @body)
    (function_expression parameters: (_) @parameters body: (_) @body)
    (generator_function parameters: (_) @parameters body: (_) @body)
  ]) @definition.function
(variable_declarator name: (identifier) @name value: (arrow_function parameter: (_) body: (_) @body)) @definition.function
(assignment_expression
  left: (member_expression property: (property_identifier) @name)
  right: [
    (arrow_function parameters: (_) @parameters body: (_) @body)
    (function_expression parameters: (_) @parameters body: (_) @body)
  ]) @definition.function
(pair
  key: (property_identifier) @name
  value: [
    (arrow_function parameters: (_) @parameters body: (_) @body)
    (function_expression parameters: (_) @parameters body: (_) @body)
  ]) @definition.function
(variable_declarator name: (identifier) @name value: (class body: (_) @body)) @definition.class

; Variables of the module.
(program (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable))
(program (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable))
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name) @definition.variable)))
(program (export_statement (variable_declaration (variable_declarator name: (identifier) @name) @definition.variable)))

; Tests of jest, mocha, vitest, node:test and playwright: `it("…", () => …)`.
(call_expression
  function: [
    (identifier) @_test
    (member_expression object: (identifier) @_test)
  ]
  arguments: (arguments
    . (string (string_fragment) @name)
    [
      (arrow_function body: (_) @body)
      (function_expression body: (_) @body)
    ])
  (#any-of? @_test "describe" "it" "test" "suite" "bench")) @definition.test

(export_statement) @wrapper
(lexical_declaration) @wrapper
(variable_declaration) @wrapper
(expression_statement) @wrapper
(decorator) @decorator
(comment) @comment
