#include "ontology/builtin_types.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "golden.hpp"
#include "mosaico/ontology.hpp"

namespace mosaico::ontology {
namespace {

template <typename Function, typename... Types>
void for_each_type(detail::TypeList<Types...>, Function function) {
  (function.template operator()<Types>(), ...);
}

template <typename Function>
void for_each_builtin_type(Function function) {
  for_each_type(detail::BuiltinTypes(), function);
}

// The type of a member for people: classes by name, not by their columns.
template <typename T>
std::string readable_type() {
  if constexpr (Described<T>) {
    const std::string tag = description_of<T>().tag;
    std::string anchor = tag;
    std::ranges::transform(anchor, anchor.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return "[" + tag + "](#" + anchor + ")";
  } else if constexpr (detail::IsVector<T>::value) {
    return "list of " + readable_type<detail::ValueOf<typename T::value_type>>();
  } else if constexpr (detail::IsArray<T>::value) {
    return std::to_string(std::tuple_size_v<T>) + " × " +
           readable_type<detail::ValueOf<typename T::value_type>>();
  } else {
    return detail::type_of<T>().to_string();
  }
}

template <typename T>
void document(std::ostream& page) {
  constexpr auto kDescription = description_of<T>();
  page << "\n## " << kDescription.tag << "\n\n"
       << kDescription.meaning << " Fingerprint `" << ontology_type<T>().fingerprint()
       << "`, format `" << serialization_format_name(kDescription.format) << "`.\n\n"
       << "| field | type | null | meaning |\n|---|---|---|---|\n";
  std::apply(
      [&page](const auto&... entry) {
        ((page << "| `" << entry.name << "` | "
               << readable_type<detail::ValueOf<typename std::decay_t<decltype(entry)>::Member>>()
               << " | " << (entry.nullable ? "yes" : "no") << " | " << entry.description << " |\n"),
         ...);
      },
      kDescription.fields);
}

TEST(BuiltinTypes, HaveThePublishedFingerprints) {
  std::ostringstream lines;
  for (const OntologyType& type : builtin_ontology_types()) {
    lines << type.tag() << ' ' << serialization_format_name(type.schema().serialization_format)
          << ' ' << type.fingerprint() << '\n';
  }
  // Published, not ours to update.
  EXPECT_EQ(lines.str(), read_text(source_path("tests/golden/ontology/fingerprints.txt")));
}

TEST(BuiltinTypes, AreFiftyNineWithTagsOfTheirOwn) {
  std::set<std::string> tags;
  for (const OntologyType& type : builtin_ontology_types()) tags.insert(type.tag());
  EXPECT_EQ(tags.size(), 59U);
  EXPECT_EQ(builtin_ontology_types().size(), 59U);
}

TEST(BuiltinTypes, AreTheTypesOfTheirClasses) {
  std::size_t at = 0;
  for_each_builtin_type([&at]<typename T>() {
    EXPECT_EQ(ontology_type<T>(), builtin_ontology_types()[at++]) << description_of<T>().tag;
  });
}

TEST(BuiltinTypes, DescribeEveryFieldInAWholeSentence) {
  for_each_builtin_type([]<typename T>() {
    constexpr auto kDescription = description_of<T>();
    const auto check = [&](std::string_view name, std::string_view text) {
      EXPECT_GT(text.size(), 3U) << kDescription.tag << " " << name;
      EXPECT_TRUE(text.ends_with('.')) << kDescription.tag << " " << name;
    };
    check("meaning", kDescription.meaning);
    std::apply([&](const auto&... entry) { (check(entry.name, entry.description), ...); },
               kDescription.fields);
  });
}

// Every floating point member of a new object must be unset: a zero would look measured.
TEST(BuiltinTypes, StartWithoutFalseZeros) {
  for_each_builtin_type([]<typename T>() {
    const T value = {};
    std::apply(
        [&value](const auto&... entry) {
          const auto check = [&value](const auto& field) {
            using Member = typename std::decay_t<decltype(field)>::Member;
            const Member& member = value.*(field.member);
            if constexpr (std::is_floating_point_v<Member>) {
              EXPECT_TRUE(is_unset(member)) << description_of<T>().tag << "." << field.name;
            } else if constexpr (detail::IsArray<Member>::value) {
              EXPECT_TRUE(std::ranges::all_of(member, [](double item) { return is_unset(item); }));
            }
          };
          (check(entry), ...);
        },
        description_of<T>().fields);
  });
}

TEST(BuiltinTypes, AreMadeWithDesignatedInitializers) {
  const IMU imu{.acceleration = {.x = 0, .y = 0, .z = 9.81},
                .angular_velocity = {.x = 0, .y = 0, .z = 0}};
  EXPECT_EQ(imu.acceleration.z, 9.81);
  EXPECT_FALSE(imu.orientation.has_value());
  const GPS gps{.header = Header{.frame_id = "antenna"},
                .position = {.x = 45.46, .y = 9.19, .z = 120.0},
                .status = GPSStatus{.status = GPSStatus::kFix, .satellites = 9}};
  EXPECT_TRUE(is_unset(gps.status->hdop));
  EXPECT_EQ(Temperature::from_celsius(0).value, 273.15);
  EXPECT_NEAR(Temperature::from_fahrenheit(212).to_celsius(), 100.0, 1e-9);
  EXPECT_NEAR(Pressure::from_atm(1).to_bar(), 1.01325, 1e-12);
}

TEST(BuiltinTypes, AreDocumented) {
  std::ostringstream page;
  page
      << "# Message types\n\n"
         "The types that every program knows, with their columns in order. A column may be null "
         "where the\ntable says so; list elements may be null everywhere. The schema of a topic "
         "begins with\n`timestamp_ns`, which no table repeats. The fingerprint tells whether two "
         "programs mean the same\ncolumns.\n\n"
         "This page is written by `tests/ontology/builtin_types_test.cpp` from the field lists in\n"
         "`include/mosaico/ontology/`.\n";
  for_each_builtin_type([&page]<typename T>() { document<T>(page); });
  expect_golden("docs/ontology-types.md", page.str());
}

}  // namespace
}  // namespace mosaico::ontology
