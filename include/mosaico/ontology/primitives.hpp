#pragma once

#include <cstdint>
#include <string>

#include "mosaico/describe.hpp"
#include "mosaico/values.hpp"

// One value a message. These types have no header: a topic that needs one wants a type of its own.
namespace mosaico {

/// A truth value.
struct Boolean {
  bool data = false;
};

constexpr auto mosaico_ontology(const Boolean*) {
  return describe<Boolean>("Boolean", "A truth value.", SerializationFormat::Default,
                           MOSAICO_FIELD(Boolean, data, "The value."));
}

/// A text in UTF-8.
struct String {
  std::string data = {};
};

constexpr auto mosaico_ontology(const String*) {
  return describe<String>("String", "A text in UTF-8.", SerializationFormat::Default,
                          MOSAICO_FIELD(String, data, "The text."));
}

/// A signed integer of 8 bits.
struct Integer8 {
  std::int8_t data = 0;
};

constexpr auto mosaico_ontology(const Integer8*) {
  return describe<Integer8>("Integer8", "A signed integer of 8 bits.", SerializationFormat::Default,
                            MOSAICO_FIELD(Integer8, data, "The value."));
}

/// A signed integer of 16 bits.
struct Integer16 {
  std::int16_t data = 0;
};

constexpr auto mosaico_ontology(const Integer16*) {
  return describe<Integer16>("Integer16", "A signed integer of 16 bits.",
                             SerializationFormat::Default,
                             MOSAICO_FIELD(Integer16, data, "The value."));
}

/// A signed integer of 32 bits.
struct Integer32 {
  std::int32_t data = 0;
};

constexpr auto mosaico_ontology(const Integer32*) {
  return describe<Integer32>("Integer32", "A signed integer of 32 bits.",
                             SerializationFormat::Default,
                             MOSAICO_FIELD(Integer32, data, "The value."));
}

/// A signed integer of 64 bits.
struct Integer64 {
  std::int64_t data = 0;
};

constexpr auto mosaico_ontology(const Integer64*) {
  return describe<Integer64>("Integer64", "A signed integer of 64 bits.",
                             SerializationFormat::Default,
                             MOSAICO_FIELD(Integer64, data, "The value."));
}

/// An unsigned integer of 8 bits.
struct Unsigned8 {
  std::uint8_t data = 0;
};

constexpr auto mosaico_ontology(const Unsigned8*) {
  return describe<Unsigned8>("Unsigned8", "An unsigned integer of 8 bits.",
                             SerializationFormat::Default,
                             MOSAICO_FIELD(Unsigned8, data, "The value."));
}

/// An unsigned integer of 16 bits.
struct Unsigned16 {
  std::uint16_t data = 0;
};

constexpr auto mosaico_ontology(const Unsigned16*) {
  return describe<Unsigned16>("Unsigned16", "An unsigned integer of 16 bits.",
                              SerializationFormat::Default,
                              MOSAICO_FIELD(Unsigned16, data, "The value."));
}

/// An unsigned integer of 32 bits.
struct Unsigned32 {
  std::uint32_t data = 0;
};

constexpr auto mosaico_ontology(const Unsigned32*) {
  return describe<Unsigned32>("Unsigned32", "An unsigned integer of 32 bits.",
                              SerializationFormat::Default,
                              MOSAICO_FIELD(Unsigned32, data, "The value."));
}

/// An unsigned integer of 64 bits.
struct Unsigned64 {
  std::uint64_t data = 0;
};

constexpr auto mosaico_ontology(const Unsigned64*) {
  return describe<Unsigned64>("Unsigned64", "An unsigned integer of 64 bits.",
                              SerializationFormat::Default,
                              MOSAICO_FIELD(Unsigned64, data, "The value."));
}

/// A half precision number (IEEE 754 binary16).
struct Floating16 {
  Float16 data = {};
};

constexpr auto mosaico_ontology(const Floating16*) {
  return describe<Floating16>("Floating16", "A half precision number (IEEE 754 binary16).",
                              SerializationFormat::Default,
                              MOSAICO_FIELD(Floating16, data, "The value."));
}

/// A single precision number (IEEE 754 binary32).
struct Floating32 {
  float data = kUnsetFloat;
};

constexpr auto mosaico_ontology(const Floating32*) {
  return describe<Floating32>("Floating32", "A single precision number (IEEE 754 binary32).",
                              SerializationFormat::Default,
                              MOSAICO_FIELD(Floating32, data, "The value."));
}

/// A double precision number (IEEE 754 binary64).
struct Floating64 {
  double data = kUnset;
};

constexpr auto mosaico_ontology(const Floating64*) {
  return describe<Floating64>("Floating64", "A double precision number (IEEE 754 binary64).",
                              SerializationFormat::Default,
                              MOSAICO_FIELD(Floating64, data, "The value."));
}

}  // namespace mosaico
