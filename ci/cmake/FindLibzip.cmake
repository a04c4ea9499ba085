# libzip::zip. Debian 12's own configuration file demands command-line tools that stand in other packages.
find_path(LIBZIP_INCLUDE_DIR zip.h)
find_library(LIBZIP_LIBRARY zip)
mark_as_advanced(LIBZIP_INCLUDE_DIR LIBZIP_LIBRARY)
if(LIBZIP_INCLUDE_DIR)
  file(GLOB configuration ${LIBZIP_INCLUDE_DIR}/zipconf.h ${LIBZIP_INCLUDE_DIR}/*/zipconf.h)
  if(configuration)
    file(STRINGS ${configuration} version_line REGEX "define LIBZIP_VERSION \"")
    string(REGEX MATCH "[0-9]+(\\.[0-9]+)+" Libzip_VERSION "${version_line}")
  endif()
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Libzip REQUIRED_VARS LIBZIP_LIBRARY LIBZIP_INCLUDE_DIR
  VERSION_VAR Libzip_VERSION)
if(Libzip_FOUND AND NOT TARGET libzip::zip)
  add_library(libzip::zip UNKNOWN IMPORTED)
  set_target_properties(libzip::zip PROPERTIES
    IMPORTED_LOCATION ${LIBZIP_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${LIBZIP_INCLUDE_DIR})
endif()
