#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "mosaico/ontology_type.hpp"
#include "mosaico/schema.hpp"
#include "mosaico/values.hpp"

namespace mosaico {

/// One entry of a type's field list. `Name` is a function that puts any object into a struct whose
/// only member has the name of the field; void where that name is known only as text.
template <typename Owner_, typename Member_, typename Name_ = void>
struct FieldDescription {
  using Owner = Owner_;
  using Member = Member_;
  using Name = Name_;
  const char* name;
  Member Owner::* member;
  bool nullable;
  const char* description;
};

/// The field list of a type: schema, writing, reading, paths and documentation derive from it.
template <typename T, typename... Fields>
struct Description {
  const char* tag;
  const char* meaning;
  SerializationFormat format;
  std::tuple<Fields...> fields;
};

namespace detail {

template <typename T>
struct IsOptional : std::false_type {};
template <typename T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <typename T>
inline constexpr bool kIsOptional = IsOptional<T>::value;

}  // namespace detail

/// A member that is nullable exactly when it is a std::optional.
template <typename Owner, typename Member>
constexpr FieldDescription<Owner, Member> field(const char* name, Member Owner::* member,
                                                const char* description = "") {
  return {name, member, detail::kIsOptional<Member>, description};
}

/// A plain floating point member of a nullable column: kUnset stands for null.
template <typename Owner, typename Member>
constexpr FieldDescription<Owner, Member> nullable_field(const char* name, Member Owner::* member,
                                                         const char* description = "") {
  static_assert(std::is_floating_point_v<Member>, "other members say null by std::optional");
  return {name, member, true, description};
}

/// The same with `Name`: what MOSAICO_FIELD and MOSAICO_NULLABLE_FIELD make.
template <typename Owner, typename Member, typename Name>
constexpr FieldDescription<Owner, Member, Name> field(const char* name, Member Owner::* member,
                                                      const char* description, Name /*name*/) {
  const auto plain = field(name, member, description);
  return {plain.name, plain.member, plain.nullable, plain.description};
}
template <typename Owner, typename Member, typename Name>
constexpr FieldDescription<Owner, Member, Name> nullable_field(const char* name,
                                                               Member Owner::* member,
                                                               const char* description,
                                                               Name /*name*/) {
  const auto plain = nullable_field(name, member, description);
  return {plain.name, plain.member, plain.nullable, plain.description};
}

template <typename T, typename... Fields>
constexpr Description<T, Fields...> describe(const char* tag, const char* meaning,
                                             SerializationFormat format, Fields... fields) {
  return {tag, meaning, format, std::tuple<Fields...>(fields...)};
}

/// A type with a field list: `mosaico_ontology(const T*)` is found by argument-dependent look-up.
template <typename T>
concept Described = requires { mosaico_ontology(static_cast<const T*>(nullptr)); };

template <Described T>
constexpr auto description_of() {
  return mosaico_ontology(static_cast<const T*>(nullptr));
}

namespace detail {

template <typename T>
struct IsVector : std::false_type {};
template <typename T>
struct IsVector<std::vector<T>> : std::true_type {};

template <typename T>
struct IsArray : std::false_type {};
template <typename T, std::size_t kSize>
struct IsArray<std::array<T, kSize>> : std::true_type {};

template <typename T>
struct Unwrapped {
  using type = T;
};
template <typename T>
struct Unwrapped<std::optional<T>> {
  using type = T;
};
template <typename T>
  requires std::is_enum_v<T>
struct Unwrapped<T> {
  using type = std::underlying_type_t<T>;
};
template <typename T>
  requires std::is_enum_v<T>
struct Unwrapped<std::optional<T>> {
  using type = std::underlying_type_t<T>;
};

/// T without std::optional, and an enumeration as its base type.
template <typename T>
using ValueOf = typename Unwrapped<T>::type;

template <typename T>
constexpr TypeKind scalar_kind() {
  if constexpr (std::is_same_v<T, bool>) return TypeKind::Bool;
  if constexpr (std::is_same_v<T, Float16>) return TypeKind::Float16;
  if constexpr (std::is_same_v<T, float>) return TypeKind::Float32;
  if constexpr (std::is_same_v<T, double>) return TypeKind::Float64;
  if constexpr (std::is_same_v<T, std::string>) return TypeKind::String;
  if constexpr (std::is_same_v<T, Bytes>) return TypeKind::Binary;
  if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
    constexpr int kLog2 = sizeof(T) == 1 ? 0 : sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3;
    constexpr auto kFirst = std::is_signed_v<T> ? TypeKind::Int8 : TypeKind::UInt8;
    return static_cast<TypeKind>(static_cast<int>(kFirst) + kLog2);
  }
  return TypeKind::Other;
}

template <typename T>
std::vector<Field> fields_of();

template <typename T>
DataType type_of() {
  if constexpr (Described<T>) {
    return DataType::struct_of(fields_of<T>());
  } else if constexpr (IsVector<T>::value) {
    return DataType::list_of(type_of<ValueOf<typename T::value_type>>());
  } else if constexpr (IsArray<T>::value) {
    return DataType::fixed_list_of(type_of<ValueOf<typename T::value_type>>(),
                                   static_cast<std::int32_t>(std::tuple_size_v<T>));
  } else {
    static_assert(scalar_kind<T>() != TypeKind::Other,
                  "a member must be a number, bool, std::string, Bytes, an enumeration, "
                  "a described struct, or a std::optional, std::vector or std::array of these");
    return DataType{.kind = scalar_kind<T>()};
  }
}

template <typename T>
std::vector<Field> fields_of() {
  std::vector<Field> fields;
  std::apply(
      [&](const auto&... entry) {
        (fields.push_back(
             Field{.name = entry.name,
                   .type = type_of<ValueOf<typename std::decay_t<decltype(entry)>::Member>>(),
                   .nullable = entry.nullable,
                   .description = entry.description}),
         ...);
      },
      description_of<T>().fields);
  return fields;
}

}  // namespace detail

/// The schema of a described type.
template <Described T>
Schema schema_of() {
  constexpr auto kDescription = description_of<T>();
  return Schema{.ontology_tag = kDescription.tag,
                .fields = detail::fields_of<T>(),
                .serialization_format = kDescription.format};
}

/// The type of a described class. Throws AlreadyExistsError when another class has its tag, and
/// InvalidError for an empty tag or a member called `timestamp_ns`.
template <Described T>
OntologyType ontology_type() {
  static const OntologyType kType = detail::claim_ontology(schema_of<T>(), typeid(T));
  return kType;
}

}  // namespace mosaico

/// An entry of a field list: field(), and queries find the member by its name, `Q<Type>.member`.
#define MOSAICO_FIELD(Type, member, description) \
  ::mosaico::field(#member, &Type::member, description, MOSAICO_DETAIL_NAME(member))
/// The same with nullable_field().
#define MOSAICO_NULLABLE_FIELD(Type, member, description) \
  ::mosaico::nullable_field(#member, &Type::member, description, MOSAICO_DETAIL_NAME(member))

// The parameter's name must differ from that of any member.
#define MOSAICO_DETAIL_NAME(member)                                             \
  [](auto mosaico_object) {                                                     \
    struct Named {                                                              \
      decltype(mosaico_object) member; /* NOLINT(bugprone-macro-parentheses) */ \
    };                                                                          \
    return Named{mosaico_object};                                               \
  }

#define MOSAICO_DETAIL_PARENS ()
#define MOSAICO_DETAIL_EXPAND(...) \
  MOSAICO_DETAIL_EXPAND3(MOSAICO_DETAIL_EXPAND3(MOSAICO_DETAIL_EXPAND3(__VA_ARGS__)))
#define MOSAICO_DETAIL_EXPAND3(...) \
  MOSAICO_DETAIL_EXPAND2(MOSAICO_DETAIL_EXPAND2(MOSAICO_DETAIL_EXPAND2(__VA_ARGS__)))
#define MOSAICO_DETAIL_EXPAND2(...) \
  MOSAICO_DETAIL_EXPAND1(MOSAICO_DETAIL_EXPAND1(MOSAICO_DETAIL_EXPAND1(__VA_ARGS__)))
#define MOSAICO_DETAIL_EXPAND1(...) __VA_ARGS__
#define MOSAICO_DETAIL_FIELDS(Type, name, ...) \
  , MOSAICO_FIELD(Type, name, "")              \
        __VA_OPT__(MOSAICO_DETAIL_FIELDS_AGAIN MOSAICO_DETAIL_PARENS(Type, __VA_ARGS__))
#define MOSAICO_DETAIL_FIELDS_AGAIN() MOSAICO_DETAIL_FIELDS

/// Makes a struct a message type: `MOSAICO_ONTOLOGY(MotorTemperature, "MotorTemperature", value,
/// variance)`, in the namespace of the struct, with 1 to 50 members in column order.
#define MOSAICO_ONTOLOGY(Type, tag, ...)                               \
  [[maybe_unused]] constexpr auto mosaico_ontology(const Type*) {      \
    return ::mosaico::describe<Type>(                                  \
        tag, "",                                                       \
        ::mosaico::SerializationFormat::Default MOSAICO_DETAIL_EXPAND( \
            MOSAICO_DETAIL_FIELDS(Type, __VA_ARGS__)));                \
  }
