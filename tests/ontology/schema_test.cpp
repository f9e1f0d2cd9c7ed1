#include "mosaico/schema.hpp"

#include <gtest/gtest.h>

#include "mosaico/ontology.hpp"

namespace mosaico {
namespace {

template <typename T>
std::string text_of() {
  return DataType::struct_of(schema_of<T>().fields).to_string();
}

constexpr const char* kHeader =
    "header: struct<timestamp: struct<seconds: int32 not null, nanoseconds: uint32 not null>, "
    "frame_id: string, sample_counter: uint64>";

std::string vector_text(const std::string& components) {
  return std::string("struct<") + kHeader + ", covariance: list<item: double>, " +
         "covariance_type: int16, " + components + ">";
}

TEST(DataType, HasThePublishedText) {
  EXPECT_EQ(text_of<Boolean>(), "struct<data: bool not null>");
  EXPECT_EQ(text_of<Temperature>(), std::string("struct<variance: double, variance_type: int16, ") +
                                        kHeader + ", value: double not null>");
  EXPECT_EQ(text_of<Image>(),
            std::string("struct<") + kHeader +
                ", data: binary not null, format: string not null, width: int32 not null, "
                "height: int32 not null, stride: int32 not null, encoding: string not null, "
                "is_bigendian: bool>");
  EXPECT_EQ(text_of<Lidar>(),
            std::string("struct<") + kHeader +
                ", x: list<item: float> not null, y: list<item: float> not null, "
                "z: list<item: float> not null, intensity: list<item: float>, "
                "reflectivity: list<item: uint16>, beam_id: list<item: uint16>, "
                "range: list<item: float>, near_ir: list<item: float>, azimuth: list<item: float>, "
                "elevation: list<item: float>, confidence: list<item: uint8>, "
                "return_type: list<item: uint8>, point_timestamp: list<item: double>>");
  const std::string xyz = vector_text("x: double, y: double, z: double");
  EXPECT_EQ(text_of<GPS>(), std::string("struct<") + kHeader + ", position: " + xyz +
                                " not null, velocity: " + xyz +
                                ", status: struct<status: int8 not null, service: uint16 not null, "
                                "satellites: int8, hdop: double, vdop: double>>");
  EXPECT_EQ(text_of<IMU>(), std::string("struct<") + kHeader + ", acceleration: " + xyz +
                                " not null, angular_velocity: " + xyz + " not null, orientation: " +
                                vector_text("x: double, y: double, z: double, w: double") + ">");
  EXPECT_EQ(text_of<Temperature>().size(), 202U);
  EXPECT_EQ(text_of<Image>().size(), 304U);
  EXPECT_EQ(text_of<Lidar>().size(), 536U);
  EXPECT_EQ(text_of<GPS>().size(), 736U);
  EXPECT_EQ(text_of<IMU>().size(), 899U);
}

TEST(DataType, HasATextForEveryKind) {
  const DataType nested = DataType::fixed_list_of(
      DataType::list_of(DataType::struct_of(
          {Field{.name = "a", .type = {.kind = TypeKind::Float16}, .nullable = false}})),
      3);
  EXPECT_EQ(nested.to_string(),
            "fixed_size_list<item: list<item: struct<a: halffloat not null>>>[3]");
  EXPECT_EQ((DataType{.kind = TypeKind::Other, .other = "timestamp[ns]"}).to_string(),
            "timestamp[ns]");
  EXPECT_EQ(DataType::struct_of({}).to_string(), "struct<>");
}

TEST(DataType, ComparesStructureAndNotDescriptions) {
  const DataType plain = DataType::list_of({.kind = TypeKind::Int8});
  EXPECT_EQ(plain, DataType::list_of({.kind = TypeKind::Int8}));
  EXPECT_NE(plain, DataType::list_of({.kind = TypeKind::UInt8}));
  EXPECT_NE(plain, DataType::fixed_list_of({.kind = TypeKind::Int8}, 2));
  EXPECT_NE(DataType::fixed_list_of({.kind = TypeKind::Int8}, 2),
            DataType::fixed_list_of({.kind = TypeKind::Int8}, 3));
  DataType renamed = plain;
  renamed.children[0].name = "element";
  EXPECT_NE(plain, renamed);
  DataType described = plain;
  described.children[0].description = "text";
  EXPECT_EQ(plain, described);
}

TEST(Schema, ListsItsLeafColumns) {
  EXPECT_EQ(
      schema_of<ROI>().leaf_paths(),
      (std::vector<std::string>{
          "offset.header.timestamp.seconds", "offset.header.timestamp.nanoseconds",
          "offset.header.frame_id", "offset.header.sample_counter", "offset.covariance",
          "offset.covariance_type", "offset.x", "offset.y", "height", "width", "do_rectify"}));
}

TEST(SerializationFormat, HasItsWireName) {
  EXPECT_EQ(serialization_format_name(SerializationFormat::Default), "default");
  EXPECT_EQ(serialization_format_name(SerializationFormat::Ragged), "ragged");
  EXPECT_EQ(serialization_format_name(SerializationFormat::Image), "image");
}

}  // namespace
}  // namespace mosaico
