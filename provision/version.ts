/** The release that this program belongs to; a test holds it to package.json's. */
export const VERSION = '0.1.0'
