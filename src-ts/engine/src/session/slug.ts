import { randomInt } from "node:crypto"

const ADJECTIVES =
  "amber agile bold brave bright brisk calm clever cosmic crisp curious daring eager early fair fleet fresh gentle glad golden grand happy honest jolly keen kind lively lucid lucky mellow mighty misty modest neat nimble noble placid polite proud quick quiet rapid ready sharp shiny silent silver smooth snug solid spry steady sunny swift tidy vivid warm wise witty"
const NOUNS =
  "acorn anchor arrow badger beacon birch bridge brook canyon cedar circuit cloud comet coral cove crane creek dawn delta dune eagle ember falcon fern field finch fjord forest garden glacier grove harbor hawk heron island juniper lagoon lantern lynx maple meadow mesa moon moss nebula oak orchid otter owl panda pebble pine planet prairie quartz raven reef ridge river robin sparrow spring stone summit tiger trail valley wave willow wizard wren"

const adjectives = ADJECTIVES.split(" ")
const nouns = NOUNS.split(" ")

/** A short name for people, adjective-noun ("calm-otter"). Not unique. */
export function slug(): string {
  return `${adjectives[randomInt(adjectives.length)]}-${nouns[randomInt(nouns.length)]}`
}
