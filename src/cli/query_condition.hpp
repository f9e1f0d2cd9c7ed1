#pragma once

#include <string>

#include "mosaico/query.hpp"

namespace mosaico::cli {

inline constexpr const char* kConditionHelp =
    "A CONDITION is FIELD OPERATOR VALUE, e.g.\n"
    "  --sequence 'vehicle.software_stack.planning ~ plan-4.'\n"
    "  --topic 'interface.type = UART'\n"
    "Operators: =  !=  <  <=  >  >=  ~ (contains)  in A,B  between A,B  outside A,B\n"
    "           exists  missing (without VALUE)\n"
    "Fields: name and created_at_ns; of topics also ontology_tag and serialization_format; "
    "anything\n"
    "else is a path into the metadata (user_metadata.name for a key called name).\n"
    "Numbers and true or false are compared as such; quotes make a text of them: serial = "
    "'\"42\"'.\n"
    "All conditions must hold.";

// Reads a condition on a "sequence" or a "topic". Throws UsageError.
QueryCondition parse_condition(const std::string& part, const std::string& text);

}  // namespace mosaico::cli
