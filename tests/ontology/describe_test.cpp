#include "mosaico/describe.hpp"

#include <gtest/gtest.h>

#include "mosaico/ontology.hpp"

// As a user's code: a namespace of its own, the umbrella header and the macro.
namespace warehouse {

enum class Gripper : std::uint8_t { Open, Closed };
enum class Signed : std::int64_t { Zero };

struct Axis {
  double angle = mosaico::kUnset;
  std::optional<float> load = std::nullopt;
};
MOSAICO_ONTOLOGY(Axis, "WarehouseAxis", angle, load)

struct Everything {
  bool flag = false;
  std::int8_t i8 = 0;
  std::int16_t i16 = 0;
  std::int32_t i32 = 0;
  std::int64_t i64 = 0;
  std::uint8_t u8 = 0;
  std::uint16_t u16 = 0;
  std::uint32_t u32 = 0;
  std::uint64_t u64 = 0;
  mosaico::Float16 f16 = {};
  float f32 = mosaico::kUnsetFloat;
  double f64 = mosaico::kUnset;
  std::string text = {};
  mosaico::Bytes bytes = {};
  Gripper gripper = Gripper::Open;
  std::optional<Signed> maybe_signed = std::nullopt;
  std::optional<bool> maybe_flag = std::nullopt;
  std::optional<std::string> maybe_text = std::nullopt;
  std::optional<mosaico::Bytes> maybe_bytes = std::nullopt;
  std::vector<double> numbers = {};
  std::vector<std::uint8_t> octets = {};
  std::vector<std::vector<std::string>> lists = {};
  std::vector<Axis> axes = {};
  std::vector<Gripper> grippers = {};
  std::optional<std::vector<bool>> maybe_flags = std::nullopt;
  std::array<double, 3> fixed = {};
  std::optional<std::array<Axis, 2>> maybe_pair = std::nullopt;
  Axis axis = {};
  std::optional<Axis> maybe_axis = std::nullopt;
  mosaico::Vector3d position = {};
};
MOSAICO_ONTOLOGY(Everything, "WarehouseEverything", flag, i8, i16, i32, i64, u8, u16, u32, u64, f16,
                 f32, f64, text, bytes, gripper, maybe_signed, maybe_flag, maybe_text, maybe_bytes,
                 numbers, octets, lists, axes, grippers, maybe_flags, fixed, maybe_pair, axis,
                 maybe_axis, position)

struct One {
  double value = mosaico::kUnset;
};
MOSAICO_ONTOLOGY(One, "WarehouseOne", value)

}  // namespace warehouse

namespace mosaico {
namespace {

std::string axis_text() { return "struct<angle: double not null, load: float>"; }

TEST(Ontology, TakesEveryKindOfMemberOfAUsersType) {
  const Schema schema = schema_of<warehouse::Everything>();
  std::vector<std::string> columns;
  for (const Field& field : schema.fields) {
    columns.push_back(field.name + ": " + field.type.to_string() +
                      (field.nullable ? "" : " not null"));
  }
  columns.pop_back();  // The vector, whose text other tests compare.
  EXPECT_EQ(columns,
            (std::vector<std::string>{"flag: bool not null",
                                      "i8: int8 not null",
                                      "i16: int16 not null",
                                      "i32: int32 not null",
                                      "i64: int64 not null",
                                      "u8: uint8 not null",
                                      "u16: uint16 not null",
                                      "u32: uint32 not null",
                                      "u64: uint64 not null",
                                      "f16: halffloat not null",
                                      "f32: float not null",
                                      "f64: double not null",
                                      "text: string not null",
                                      "bytes: binary not null",
                                      "gripper: uint8 not null",
                                      "maybe_signed: int64",
                                      "maybe_flag: bool",
                                      "maybe_text: string",
                                      "maybe_bytes: binary",
                                      "numbers: list<item: double> not null",
                                      "octets: list<item: uint8> not null",
                                      "lists: list<item: list<item: string>> not null",
                                      "axes: list<item: " + axis_text() + "> not null",
                                      "grippers: list<item: uint8> not null",
                                      "maybe_flags: list<item: bool>",
                                      "fixed: fixed_size_list<item: double>[3] not null",
                                      "maybe_pair: fixed_size_list<item: " + axis_text() + ">[2]",
                                      "axis: " + axis_text() + " not null",
                                      "maybe_axis: " + axis_text()}));
  EXPECT_EQ(schema.fields.back().type.to_string(),
            DataType::struct_of(schema_of<Vector3d>().fields).to_string());
  EXPECT_EQ(schema.ontology_tag, "WarehouseEverything");
  EXPECT_EQ(ontology_type<warehouse::Everything>().tag(), "WarehouseEverything");
}

TEST(Ontology, TakesATypeOfOneMember) { EXPECT_EQ(schema_of<warehouse::One>().fields.size(), 1U); }

TEST(Ontology, IsFoundThroughTheNamespaceOfTheType) {
  static_assert(Described<warehouse::Axis>);
  static_assert(Described<IMU>);
  static_assert(!Described<int>);
  static_assert(!Described<std::string>);
}

}  // namespace
}  // namespace mosaico
