import { describe, expect, test } from 'vitest'
import { toError } from '../../provision/services/mariadb/mariadb.ts'
import { OwnDefiners } from '../../provision/services/mariadb/own-definers.ts'

describe('the definers in a dump', () => {
  const DUMP = [
    '/*!50001 CREATE ALGORITHM=UNDEFINED */',
    '/*!50013 DEFINER=`hd01`@`localhost` SQL SECURITY DEFINER */',
    "INSERT INTO `t` VALUES ('/*!50013 DEFINER=`hd01`@`localhost`',\n",
    '/*!50003 CREATE*/ /*!50017 DEFINER=`hd01`@`localhost`*/ /*!50003 TRIGGER t BEFORE INSERT */;;',
    'CREATE DEFINER=`hd01`@`localhost` PROCEDURE `p`()',
    'no line feed at the end',
  ].join('\n')

  const through = (pieces: readonly string[]): string => {
    const definers = new OwnDefiners()
    const done = pieces.map((piece) => definers.take(Buffer.from(piece)).toString())
    return [...done, definers.rest().toString()].join('')
  }

  test('become whoever loads it; rows stay as they are', () => {
    const text = through([DUMP])
    expect(text.match(/DEFINER=CURRENT_USER/g)).toHaveLength(3)
    expect(text.match(/DEFINER=`hd01`/g)).toHaveLength(1)
    expect(text.replace(/CURRENT_USER/g, '`hd01`@`localhost`')).toBe(DUMP)
  })

  test('are found however the dump is cut', () => {
    expect(through([...DUMP])).toBe(through([DUMP]))
    for (let at = 0; at < DUMP.length; at++)
      expect(through([DUMP.slice(0, at), DUMP.slice(at)])).toBe(through([DUMP]))
  })
})

describe('an error of MariaDB', () => {
  test.each([
    ["ERROR 2002 (HY000): Can't connect to local server", 'PROVISION_DB_CONNECT_FAIL'],
    ["ERROR 1007 (HY000) at line 1: Can't create database", 'PROVISION_DATABASE_TAKEN'],
    ['ERROR 1044 (42000) at line 1: Access denied', 'PROVISION_DATABASE_REFUSED'],
    ['ERROR 1114 (HY000) at line 9: The table is full', 'PROVISION_NO_SPACE'],
    ['ERROR 1064 (42000) at line 1: You have an error', 'PROVISION_DATABASE_FAILED'],
    ['something else', 'PROVISION_DATABASE_FAILED'],
  ])('%s has the code %s', (said, code) => {
    expect(toError(said)).toMatchObject({ code })
  })

  test('is told without the statement, which is data of the site', () => {
    const said = `secret', 'ERROR 7')\n--------------\n\nERROR 1114 (HY000) at line 9: The table is full`
    expect(toError(said)).toMatchObject({
      code: 'PROVISION_NO_SPACE',
      message: expect.not.stringContaining('secret') as string,
    })
  })
})
