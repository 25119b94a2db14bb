(call method: (identifier) @call)
(call method: (constant) @call)
(superclass (constant) @extends)
(superclass (scope_resolution name: (constant) @extends))
(call method: (identifier) @_mixin arguments: (argument_list (constant) @extends) (#any-of? @_mixin "include" "extend" "prepend"))
(method_parameters (identifier) @local)
(method_parameters (optional_parameter name: (identifier) @local))
(method_parameters (keyword_parameter name: (identifier) @local))
(method_parameters (splat_parameter name: (identifier) @local))
(method_parameters (block_parameter name: (identifier) @local))
(block_parameters (identifier) @local)
(assignment left: (identifier) @local)
(constant) @mention
(identifier) @mention
(instance_variable) @mention
(self) @mention
