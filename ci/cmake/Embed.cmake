# transferscale_embed(<target> <header> <namespace> FILES…): lets <target> include <header>, which holds each text file as
# `inline constexpr std::string_view NAME_EXTENSION` in the namespace (page.html.mustache -> page_html). It is written at
# build time, when a file is newer; the program needs none of the files when it runs.
function(transferscale_embed target header namespace)
  set(output "${CMAKE_CURRENT_BINARY_DIR}/embedded/${header}")
  add_custom_command(OUTPUT "${output}"
    COMMAND ${CMAKE_COMMAND} "-Doutput=${output}" "-Dnamespace=${namespace}" "-Dfiles=${ARGN}"
            "-Dfolder=${CMAKE_CURRENT_SOURCE_DIR}" -P "${PROJECT_SOURCE_DIR}/ci/cmake/EmbedWrite.cmake"
    DEPENDS ${ARGN} "${PROJECT_SOURCE_DIR}/ci/cmake/EmbedWrite.cmake"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
  target_include_directories(${target} PRIVATE "${CMAKE_CURRENT_BINARY_DIR}/embedded")
endfunction()
