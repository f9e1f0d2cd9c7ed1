#include <gtest/gtest.h>

#include <thread>
#include <unordered_set>
#include <vector>

#include "mosaico/error.hpp"
#include "mosaico/ontology.hpp"

namespace mosaico {
namespace {

struct Weight {
  double value = kUnset;
};
MOSAICO_ONTOLOGY(Weight, "RegistryTestWeight", value)

struct OtherWeight {
  double value = kUnset;
};
MOSAICO_ONTOLOGY(OtherWeight, "RegistryTestWeight", value)

struct FalseImu {
  double value = kUnset;
};
MOSAICO_ONTOLOGY(FalseImu, "IMU", value)

struct Untagged {
  double value = kUnset;
};
MOSAICO_ONTOLOGY(Untagged, "", value)

struct OwnClock {
  std::int64_t timestamp_ns = 0;
};
MOSAICO_ONTOLOGY(OwnClock, "RegistryTestOwnClock", timestamp_ns)

struct Late {
  double value = kUnset;
};
constexpr auto mosaico_ontology(const Late*) {
  return describe<Late>("RegistryTestLate", "", SerializationFormat::Ragged,
                        field("value", &Late::value, "described"));
}

TEST(OntologyType, IsTheSameForTheSameClass) {
  EXPECT_EQ(ontology_type<IMU>(), ontology_type<IMU>());
  EXPECT_NE(ontology_type<Vector3d>(), ontology_type<Point3d>());
  EXPECT_EQ(ontology_type<IMU>().tag(), "IMU");
  EXPECT_EQ(ontology_type<IMU>().fingerprint(), "2d6a4121b0");
  EXPECT_EQ(ontology_type<IMU>().schema().fields.size(), 4U);
}

TEST(OntologyType, IsEmptyUntilItIsAssigned) {
  const OntologyType none;
  EXPECT_EQ(none, OntologyType());
  EXPECT_NE(none, ontology_type<IMU>());
  EXPECT_EQ(none.tag(), "");
  EXPECT_TRUE(none.schema().fields.empty());
}

TEST(OntologyType, IsAKeyOfHashedContainers) {
  const std::unordered_set<OntologyType> types = {ontology_type<IMU>(), ontology_type<GPS>(),
                                                  ontology_type<IMU>()};
  EXPECT_EQ(types.size(), 2U);
  EXPECT_TRUE(types.contains(ontology_type<GPS>()));
}

TEST(Registry, TellsColumnsOfOneTagApart) {
  Schema schema = schema_of<IMU>();
  EXPECT_EQ(detail::intern_ontology(schema), ontology_type<IMU>());
  schema.fields.pop_back();
  const OntologyType other = detail::intern_ontology(schema);
  EXPECT_NE(other, ontology_type<IMU>());
  EXPECT_EQ(other.tag(), "IMU");
  EXPECT_EQ(other, detail::intern_ontology(schema));
}

TEST(Registry, RefusesATagThatAnotherClassHas) {
  EXPECT_EQ(ontology_type<Weight>().tag(), "RegistryTestWeight");
  EXPECT_THROW(ontology_type<OtherWeight>(), AlreadyExistsError);
  EXPECT_EQ(ontology_type<Weight>(), ontology_type<Weight>());
}

TEST(Registry, RefusesTheTagOfABuiltinType) {
  EXPECT_THROW(ontology_type<FalseImu>(), AlreadyExistsError);
}

TEST(Registry, RefusesTypesThatNoTopicCanHave) {
  EXPECT_THROW(ontology_type<Untagged>(), InvalidError);
  EXPECT_THROW(ontology_type<OwnClock>(), InvalidError);
}

TEST(Registry, ShowsTheSchemaOfTheClassOnceThereIsOne) {
  Schema from_topic = schema_of<Late>();
  from_topic.serialization_format = SerializationFormat::Default;
  from_topic.fields[0].description.clear();
  const OntologyType seen = detail::intern_ontology(from_topic);
  const Schema& before = seen.schema();
  EXPECT_EQ(before.serialization_format, SerializationFormat::Default);

  EXPECT_EQ(ontology_type<Late>(), seen);
  EXPECT_EQ(seen.schema().serialization_format, SerializationFormat::Ragged);
  EXPECT_EQ(seen.schema().fields[0].description, "described");
  EXPECT_EQ(before.fields[0].name, "value") << "references stay good";
}

TEST(Registry, InternsFromManyThreads) {
  Schema schema = schema_of<GPS>();
  schema.ontology_tag = "RegistryTestThreads";
  std::vector<OntologyType> types(8);
  std::vector<std::thread> threads;
  for (OntologyType& type : types) {
    threads.emplace_back([&type, &schema] { type = detail::intern_ontology(schema); });
  }
  for (std::thread& thread : threads) thread.join();
  for (const OntologyType& type : types) EXPECT_EQ(type, types[0]);
}

}  // namespace
}  // namespace mosaico
