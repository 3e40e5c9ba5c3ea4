package fetch

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// A Member is an account of a resource directory, as Security Center knows it.
type Member struct {
	ID     string `json:"id"`
	Name   string `json:"name"`   // as people gave it: any text, of any account
	Folder string `json:"folder"` // ID of the folder that it is in
}

// RAM actions of what finds accounts and regions.
const (
	ListMembersAction = "yundun-sas:ListAccountsInResourceDirectory"
	ListRegionsAction = "oos:DescribeRegions"
)

var (
	accountID = regexp.MustCompile(`^[0-9]{1,20}$`)
	regionID  = regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)+$`)
)

// Members are the accounts of the resource directory, its own included. The client's
// account is the directory's or Security Center's delegated administrator.
func (c *Client) Members(ctx context.Context, centre string) (list []Member, err error) {
	answer, err := c.send(ctx, c.who, shipment{
		Call:      Call{Product: "Sas", Version: "2018-12-03", Action: "ListAccountsInResourceDirectory", Region: centre},
		ramAction: ListMembersAction,
		lacks: func(answer reply) string {
			return holdsNot(answer.get("Accounts"), "Accounts", "AccountId", accountID)
		},
	})
	if err != nil {
		return nil, err
	}
	defer answer.release()
	for _, a := range answer.get("Accounts").Array() {
		list = append(list, Member{kept(a, "AccountId"), kept(a, "DisplayName"), kept(a, "FolderId")})
	}
	return list, nil
}

// OOSRegions are the regions that CloudOps Orchestration Service is served in, as it
// lists them itself.
//
// https://www.alibabacloud.com/help/en/oos/developer-reference/api-oos-2019-06-01-describeregions
func (c *Client) OOSRegions(ctx context.Context) (list []string, err error) {
	answer, err := c.send(ctx, c.who, shipment{
		Call:      Call{Product: "oos", Version: "2019-06-01", Action: "DescribeRegions", Region: "cn-hangzhou"},
		ramAction: ListRegionsAction,
		lacks: func(answer reply) string {
			return holdsNot(regions(answer), "Regions", "RegionId", regionID)
		},
	})
	if err != nil {
		return nil, err
	}
	defer answer.release()
	for _, r := range regions(answer).Array() {
		list = append(list, kept(r, "RegionId"))
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// kept is the text of a field that outlives the answer, which is not to be held with it.
func kept(item gjson.Result, name string) string { return strings.Clone(item.Get(name).String()) }

// regions is the list of an answer: Regions.Region as the page has it, or Regions itself.
func regions(answer reply) gjson.Result {
	if list := answer.get("Regions"); list.IsArray() {
		return list
	}
	return answer.get("Regions").Get("Region")
}

// holdsNot says what a list lacks to be believed: an empty one, or one whose items
// have no ID, would take away all that was found before. Empty: nothing.
func holdsNot(list gjson.Result, name, id string, looks *regexp.Regexp) string {
	if !list.IsArray() || len(list.Array()) == 0 {
		return "the answer holds no " + name
	}
	for _, item := range list.Array() {
		if !looks.MatchString(item.Get(id).String()) {
			return "the answer holds " + name + " without a valid " + id
		}
	}
	return ""
}

// Assume is a client of another account, which is asked through a role that this
// one's identity assumes. They share their connections, and the memory for large answers.
func (c *Client) Assume(account, role string) *Client {
	d := newClient(account, c.options)
	d.endpoints, d.http, d.sign, d.memory = c.endpoints, c.http, c.sign, c.memory
	d.behind.Store(c.behind.Load()) // the machine has one clock
	d.who = &assumedRole{gate: newGate(), client: c, base: c.who, role: role, session: sessionName(Credentials{})}
	return d
}
