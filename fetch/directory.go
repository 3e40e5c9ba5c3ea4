package fetch

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/tidwall/gjson"
)

// A Member is an account of a resource directory, as Security Center lists it.
type Member struct {
	ID     string `json:"id"`
	Name   string `json:"name"`   // a name that people chose: any text, not unique
	Folder string `json:"folder"` // ID of the folder that it is in
}

// RAM actions for finding accounts and regions.
const (
	ListMembersAction = "yundun-sas:ListAccountsInResourceDirectory"
	ListRegionsAction = "oos:DescribeRegions"
)

var (
	accountID = regexp.MustCompile(`^[0-9]{1,20}$`)
	regionID  = regexp.MustCompile(`^[a-z]+(-[a-z0-9]+)+$`)
)

// Members returns the accounts of the resource directory, including its own. The client's
// account must be the directory's management account or Security Center's delegated
// administrator.
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

// OOSRegions returns the regions of CloudOps Orchestration Service, as it lists them.
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

// kept copies the text of a field, so that the answer can be freed.
func kept(item gjson.Result, name string) string { return strings.Clone(item.Get(name).String()) }

// regions returns the list of an answer: Regions.Region, as the page says, or Regions
// itself.
func regions(answer reply) gjson.Result {
	if list := answer.get("Regions"); list.IsArray() {
		return list
	}
	return answer.get("Regions").Get("Region")
}

// holdsNot says why a list cannot be right: it is empty, or an item has no ID. Such a list
// would remove everything that was found before. Empty: the list is good.
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

// Assume returns a client for another account, which assumes a role there with this
// client's identity. Both share connections and the memory for large answers.
func (c *Client) Assume(account, role string) *Client {
	d := newClient(account, c.options)
	d.endpoints, d.http, d.sign, d.memory = c.endpoints, c.http, c.sign, c.memory
	d.behind.Store(c.behind.Load()) // both run on one machine, with one clock
	d.who = &assumedRole{gate: newGate(), client: c, base: c.who, role: role, session: sessionName(Credentials{})}
	return d
}
