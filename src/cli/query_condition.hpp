#pragma once

#include <string>

#include "mosaico/query.hpp"

namespace mosaico::cli {

inline constexpr const char* kConditionHelp =
    "A CONDITION is FIELD OPERATOR VALUE, e.g.\n"
    "  --sequence 'vehicle.software_stack.planning ~ plan-4.'\n"
    "  --topic 'interface.type = UART'\n"
    "  --where 'IMU.acceleration.x > 5'\n"
    "Operators: =  !=  <  <=  >  >=  ~ (contains)  in A,B  between A,B  outside A,B\n"
    "           exists  missing (without VALUE)\n"
    "Fields of --sequence and --topic: name and created_at_ns; of topics also ontology_tag and\n"
    "serialization_format; anything else is a path into the metadata (user_metadata.name for a "
    "key\n"
    "called name).\n"
    "Fields of --where: TYPE.COLUMN, as `mosaico info SEQUENCE/TOPIC` lists columns. Of lists any\n"
    "element, LaserScan.ranges[?], every element, ranges[!], the one at a position, ranges[3], or\n"
    "the whole, ranges = [1,2,3].\n"
    "Numbers and true or false are compared as such; quotes make a text of them: serial = "
    "'\"42\"'.\n"
    "All conditions must hold, those on one type in the same row.";

// Reads a condition on a "sequence" or a "topic", or on rows ("ontology"). Throws UsageError.
QueryCondition parse_condition(const std::string& part, const std::string& text);

}  // namespace mosaico::cli
