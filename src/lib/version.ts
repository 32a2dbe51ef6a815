/** The version of this software; a test keeps it equal to package.json. @module */
export const SOFTWARE_VERSION = '0.1.0';
